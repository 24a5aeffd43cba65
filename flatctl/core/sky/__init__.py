"""The twilight sky as the light: how it fades, what is known of it tonight, what to take next."""
