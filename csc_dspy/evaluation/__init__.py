"""What supporters are worth: their answers to real calls, figures with intervals, comparisons."""
