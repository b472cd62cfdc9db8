"""One file per verb; each reads options and calls one library function."""
