"""What every floor may use and what knows nothing of derivatives: the build, the version, extras, and files."""
