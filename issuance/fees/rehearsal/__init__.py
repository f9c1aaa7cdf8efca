"""What a version would do to many requests, past or made up, beside the version in force."""
