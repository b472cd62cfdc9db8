"""Making data with programs: RoleCS from profiles."""
