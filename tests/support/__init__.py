"""What tests stand on: real servers, fresh databases, a clock that can be set."""
