# What the frame of every page says.

skip = انتقل إلى المحتوى
site = الموقع
for-developers = للمطوّرين
language = اللغة
