"""What several commands build or claim of a rig."""
