"""The `:` line without its widget: words and flags in, typed requests out; completion, history."""
