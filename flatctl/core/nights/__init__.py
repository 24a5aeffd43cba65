"""What is wanted of a night, and when: plans, masters, the Sun."""
