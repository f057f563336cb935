"""Every SQL statement of auth, one file for each thing that is kept."""
