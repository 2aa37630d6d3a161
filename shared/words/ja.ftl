# What the frame of every page says.

skip = 本文へ移動
site = サイト
for-developers = 開発者向け
language = 言語
