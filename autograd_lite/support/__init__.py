"""What every floor may use, and nothing of it about derivatives: the build, the version, extras, and files."""
