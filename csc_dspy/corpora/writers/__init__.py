"""Writers of conversations in the formats that others read: one file a family, one registry."""
