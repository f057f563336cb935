"""The services: twelve strangers, who ask through contracts and hear events."""
