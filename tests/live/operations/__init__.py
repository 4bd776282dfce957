"""run, start, stop and delete against real daemons, each step confirmed with `ctr`."""
