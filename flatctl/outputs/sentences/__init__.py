"""Every sentence a user reads about a run, made from the facts of its events."""
