"""The agency's internal procedure: steps with a responsible role, and the calendar its time limits run on."""
