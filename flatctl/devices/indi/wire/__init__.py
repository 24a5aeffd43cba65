"""How INDI is spoken: a child process per connection, and what the devices have said."""
