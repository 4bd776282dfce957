"""What each pane lists, in a module each; what they share is in `ctdeck.listing`."""
