"""What a calibration measures of camera and panel, and what it exposes with to find out.

Each of the walks asks for one frame after the other (`exposure_s` or `brightness`, until that is
`None`) and takes in the median it gave. Levels are medians in ADU, times in seconds.
"""
