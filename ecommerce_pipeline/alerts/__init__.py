"""What needs a person is told to them once: late orders, failed runs, lists that bring nothing, and the like."""
