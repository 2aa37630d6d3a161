# What the frame of every page says.

skip = Ir al contenido
site = Sitio
for-developers = Para desarrolladores
language = Idioma
