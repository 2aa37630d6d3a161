# What the frame of every page says.

skip = Aller au contenu
site = Site
for-developers = Pour les développeurs
language = Langue
