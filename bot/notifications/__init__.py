"""What is told without being asked again: who wants to hear of which application."""
