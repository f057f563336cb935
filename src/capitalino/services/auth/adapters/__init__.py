"""What auth needs of the outside world."""
