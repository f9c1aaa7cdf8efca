"""The ways in: JSON routes and pages. The only place that knows HTTP status codes."""
