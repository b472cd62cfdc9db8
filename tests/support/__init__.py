"""What tests and benchmarks share: a loopback model server, an actor for it, the command line as a process."""
