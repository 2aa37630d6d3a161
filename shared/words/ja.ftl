# What the frame of every page says.

skip = 本文へ移動
site = サイト
for-developers = 開発者向け
language = 言語

## What went wrong, and what to do.

error-input = うまくいきませんでした
error-input-advice = ブラウザから送られた内容を処理できませんでした。戻ってもう一度お試しください。
error-forbidden = このページはご利用いただけません
error-forbidden-advice = このページは他の方のものか、利用できる時間が終わっています。
error-missing = ページが見つかりません
error-missing-advice = アドレスをご確認ください。入力の誤りか、すでになくなった可能性があります。
error-method = ここではできません
error-method-advice = このアドレスはそのようには使えません。前のページに戻ってもう一度お試しください。
error-conflict = 今はできません
error-conflict-advice = その間に状況が変わりました。戻ってページを再読み込みし、もう一度ご確認ください。
error-gone = 終了しました
error-gone-advice = 期限が過ぎたか、すでに使われています。
error-limited = 少々お待ちください
error-limited-advice = お一人から受け付けられる回数を超えました。順番と座席は保持されています。
error-away = まもなく復旧します
error-away-advice = システムの一部が一時的に利用できません。何も確定しておらず、失われたものもありません。
error-fault = こちらで問題が発生しました
error-fault-advice = お客様の操作によるものではなく、記録されました。もう一度お試しください。
error-wait = { $seconds }秒待ってからもう一度お試しください。
error-again = もう一度試す
error-start = 最初のページへ
error-number = お問い合わせの際は、この番号をお伝えください：
