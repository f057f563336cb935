"""What notifications tells browsers and programs over its socket."""
