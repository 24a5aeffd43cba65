"""A simulated rig: one physical truth seen as fakes, as INDI drivers and as serial panels."""
