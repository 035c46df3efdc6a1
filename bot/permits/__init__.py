"""Applicants, employers, applications and their stages; the status look-up after proof by the date of birth."""
