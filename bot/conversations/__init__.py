"""Conversations between applicants and the office: what was said, who has the word, and which answers are owed."""
