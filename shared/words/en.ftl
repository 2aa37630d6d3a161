# What the frame of every page says.

skip = Skip to the content
site = Site
for-developers = For developers
language = Language
