"""What a calibration measures of camera and panel, and what it exposes with to find out.

Each walk is handed how to expose a frame, and gets the median that it gave. Levels are medians in
ADU, times in seconds.
"""
