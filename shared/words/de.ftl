# What the frame of every page says.

skip = Zum Inhalt springen
site = Website
for-developers = Für Entwickler
language = Sprache
