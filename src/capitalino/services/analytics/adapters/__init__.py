"""What analytics hears that is not kept."""
