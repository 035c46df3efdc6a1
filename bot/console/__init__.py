"""The door for staff: what the console in the browser asks for and is told."""
