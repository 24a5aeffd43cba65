"""The devices of the rig, as ASCOM defines them."""
