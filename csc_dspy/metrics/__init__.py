"""What answers are worth, compared with reference ones: counts a turn, figures of their sums, and how sure they are."""
