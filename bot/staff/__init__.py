"""The people at the counter: their accounts, what they may do, how they sign in, and whether they are there."""
