# What the frame of every page says.

skip = Ir para o conteúdo
site = Site
for-developers = Para programadores
language = Idioma
