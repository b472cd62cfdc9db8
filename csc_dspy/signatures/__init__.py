"""What is asked of a language model, one file a family. Every role has its own signature class."""
