# What the frame of every page says.

skip = सामग्री पर जाएँ
site = साइट
for-developers = डेवलपर के लिए
language = भाषा
