"""The benches of each family of panels; `panel_benches` finds every file here."""
