# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = 販売一覧
drops-lead = 販売を選んで列に並んでください。順番が来るとショップに入れます。
drops-none = 現在、販売はありません。後でもう一度お越しください。
all-drops = すべての販売
opens = 開始
opened = 開始済み
state-scheduled = 開始前
state-lobby = ロビー開放中
state-open = 受付中
state-paused = 一時停止中
state-sold-out = 完売
state-closed = 終了

## Above everything else on the queue page.

organiser = 主催者より：
offline = 現在、列に接続できません。順番は保持されています。再接続を続けています。
requeued = 時間内に入場がなかったため、順番が過ぎました。列の新しい位置に並んでいます。
away = 離れている間に順番が来ました。時間切れになる前に入場してください。
few-seats = 残席数より前にいる人のほうが多いため、購入できない可能性があります。
no-seats = 現在、すべての座席が他の人のカートに入っています。戻ってくることがあります。
without-script = このページは自動で更新されます。開いたままにし、このブラウザで戻ってきてください。

## The states: a heading, and what to know or do.

scheduled = まだ開場していません
scheduled-from = 参加できる時刻：
scheduled-unknown = 開始時刻はまだ発表されていません。
scheduled-advice = 早く来ても再読み込みしても有利にはなりません。開いたままにすれば、時間になると自動で並びます。
join = 列に並ぶ
join-advice = このブラウザに1つの順番が確保されます。タブを増やしても再読み込みしても変わりません。
lobby = ロビーで待機中です
lobby-in = 開始まで
lobby-advice = 開始時に、ロビーの全員の順番が抽選で決まります。来た時刻は関係なく、操作も不要です。
lobby-draw = 抽選はすでに確定しています。秘密の数の指紋はロビー開放前に公開されており、後から順番を変えることは誰にもできません。
lobby-check = 抽選の仕組みを見て検証する
lobby-people = ロビーの人数
waiting = 列に並んでいます
waiting-advice = このページを開いたままにしてください。その間、他のタブを使えます。
paused = 列は一時停止中です
paused-advice = 現在、入場を止めています。順番は保持されます。
sold-out = すべての座席が完売しました
sold-out-advice = 誰かがチケットを返した場合にのみ空席が出ます。待ち続ければ順番は保持されます。
called = あなたの順番です
called-advice = 順番が他の人に移る前に、今すぐショップに入ってください。
called-until = 順番の保持期限：
called-left = 残り時間
enter = ショップに入る
admitted = 入場済みです
admitted-advice = ショップをご利用いただけます。
go-on = ショップへ進む
lapsed = 順番が過ぎました
lapsed-advice = 時間内に入場しなかったため、順番は次の人に移りました。
join-again = もう一度並ぶ
left = 列を離れました
left-advice = あなたの順番は他の人に譲られました。列の最後尾からもう一度並べます。
finished = 順番は終わりました
finished-advice = ショップの利用は終了しました。カートとチケットのリンクは引き続き使えます。
closed = この販売は終了しました
closed-advice = お越しいただきありがとうございました。入場は終了しました。

## How somebody in line stands.

position = あなたの順番
ahead = 前にいる人数
wait = 予想待ち時間
seats-left = 現在の残席
progress = 待ち時間の進み具合
as-of = 最終更新：

## What can be done besides waiting.

help-link = 外出、別の端末、お困りのときは
leave = 列を離れる
leave-warning = 現在の順番を失います。並び直すと最後尾からになります。
leave-now = 順番を失って離れる
see-shop = 販売内容を見る
back-to = { $site } に戻る

## How somebody who looks elsewhere is told.

alerts = 順番が来たら
alert-sound = 音を鳴らす
alert-notification = 通知を表示する
alert-refused = このページからの通知はブラウザで許可されていません。
speak = スクリーンリーダー：順番の読み上げ
speak-15 = 15秒ごと
speak-60 = 1分ごと
speak-300 = 5分ごと
speak-0 = 順番が来たときだけ

## How long the wait may be.

wait-a-minute = 1分以内
wait-unknown = まだ不明
wait-up-to-minutes = 最大{ $high }分
wait-minutes = { $low }–{ $high }分
wait-up-to-hours = 最大{ $high }時間
wait-hours = { $low }–{ $high }時間
wait-up-to = 最大{ $time }

## What the script says.

spoken-position = 順番 { $position }。予想待ち時間：{ $wait }。
spoken-left = 入場まで残り{ $time }
spoken-opens = 開始まで{ $time }
title-called = 順番です
back-online = 接続が回復しました。

## Besides waiting: mail, another device, help.

help-title = お待ちの間に
help-lead = ご覧の間も順番はそのままです。
help-back = 列に戻る
help-failed = 今はうまくいきませんでした。順番は守られています。もう一度お試しください。
mail-heading = 順番が近づいたらメールで知らせる
mail-pending = 待ち時間が10分以内になりそうなときに、{ $address } に一度だけお送りします。その後アドレスは削除されます。
mail-stop = メールを取り消す
mail-sent = メールを送信し、アドレスを削除しました。列のページを開いたままにしてください。
mail-failed = メールを送信できず、アドレスを削除しました。別のアドレスを入力できます。
mail-stopped = メールはお送りしません。アドレスを削除しました。
mail-address = メールアドレス
mail-no-address = メールアドレスではありません。name@example.com のように入力してください。
mail-too-many = このアドレスは、この販売ですでに5つの順番に使われています。別のアドレスを入力してください。
mail-near = 順番はもう近づいています。待ち時間は10分以内になりそうです。列のページを開いたままにしてください。メールより早くお知らせします。
mail-now = すでにあなたの順番です。列に戻り、ショップに入ってください。
mail-over = お知らせすることはもうありません。あなたの順番は待機中ではなくなりました。
mail-note = 待ち時間が10分以内になりそうなときに、一通だけお送りします。その後アドレスは削除され、ほかには使われません。
mail-ask = メールで知らせる
move-heading = 別の端末で続ける
move-advice = パソコンからスマートフォンへ、またはその逆に、順番を持っていけます。順番は一つのままで、この端末にも引き続き表示されます。
move-show = 別の端末用のコードを表示
move-scan = 別の端末で読み取ってください。5分間、一度だけ有効です。このコードを持つ人があなたの順番を使えます。誰にも見せないでください。
move-picture = 下のアドレスのQRコード
move-type = または別の端末で { $address } を開き、このコードを入力してください：
move-again = 別のコードを作る
move-title = この端末に順番を移す
move-same = 順番はそのままで、元の端末にも引き続き表示されます。
move-own = この端末にはこの列の別の順番があります。移した後は、そちらが表示されます。
move-code = 元の端末のコード
move-code-note = 英数字26文字。小文字でもよく、ハイフンは省けます。
move-take = この端末に順番を移す
move-spent = このコードはもう使えません。5分間、一度だけ有効です。順番のある端末で新しいコードを作ってください。
support-heading = 助けを求める
support-advice = お電話やメールの際に、主催者のサポートがあなたの順番を見つけるための短いコードです。
support-show = サポートコードを表示
support-code = サポートコード：
support-note = 主催者のサポートに伝えると、順番の状況を確認できます。このコードで順番を取られることはありません。
elsewhere = あなたの順番は別の端末でも開かれています。順番は一つのままです。

## The mail to somebody whose turn is near.

reminder-near = まもなくあなたの順番です
reminder-away = 離れている間に順番が来ました
reminder-any-minute = まもなく呼ばれる可能性があります。
reminder-minutes = 約{ $minutes }分後に呼ばれる可能性があります。
reminder-back = { $time } までに戻れば、次に呼ばれます。
reminder-enter = { $time } までにショップに入ってください。
reminder-open = 順番を取った端末で、列のページを開いてください
reminder-estimates = 列の時間は目安です。順番を使わないまま過ぎると、他の人に移ります。
reminder-asked = このメールは、そのページでのご希望によりお送りしました。これ一通だけで、アドレスは削除されています。

## The draw, and how it can be checked.

draw-of = { $title } の抽選
draw-lead = 開始時にロビーにいる全員の順番は抽選で決まります。その仕組みと、確かめ方をご説明します。
draw-how = 順番の決め方
draw-how-seed = ロビーが開く前に、秘密の数（シード）が選ばれています。その指紋である下のコミットメントは以来公開されており、シードを差し替えることはできません。シードと順番のIDから、シードなしには誰にも推測できない数が決まります。開始時には、最も小さい数から呼ばれます。
draw-how-leaving = ロビーに来た時刻は関係ありません。離れて戻っても、同じ順番と同じ数になります。
draw-salt-how = この抽選には、事前には誰も知りえない公開の値（ソルト）も使われます：{ $source }。数の環全体を回すため、秘密のシードを読んだ人でさえ、誰が最初になるかは分かりません。
draw-numbers = 公開されている値
draw-commitment = コミットメント：シードのSHA-256
draw-salt = ソルト
draw-salt-unknown = まだ分かりません
draw-count = 開始時のロビーの人数
draw-roster-digest = 名簿のSHA-256
draw-seed = シード
draw-roster = 名簿
draw-roster-link = 抽選順の全員の一覧
draw-soon = 開始しました。シードと名簿は数秒後にここで公開されます。
draw-later = シードと名簿は開始後にここで公開されます。変わっていないことを後で確かめたい方は、今コミットメントを控えておいてください。
draw-check = ご自身で確かめる
draw-check-command = このコマンドは公開されているすべてを取得し、抽選を計算し直して、確かめた内容を表示します：
draw-check-own = あなたの順番は place_id で名簿に載っています。その行番号が、抽選で決まった順番です。
draw-check-place = place_id と自分の順番を表示
draw-rule = 正確な規則（英語）
draw-proves = これで証明されること、されないこと
draw-proof = 順番がシードとIDだけから決まること、シードがロビーの開放前に定まっていたこと、外部の誰も順番を知ることも選ぶこともできなかったことが証明されます。
draw-proof-salted = 順番がシードとソルトとIDだけから決まること、シードがロビーの開放前に定まっていたこと、外部の誰も順番を知ることも選ぶこともできなかったことが証明されます。
draw-inside-salted = 内部でシードを読んだ人がいても、ソルトの公開前に順番を知ることはできません。ソルトを公開元の値と見比べてください。
draw-inside = 内部の誰かが開始前に秘密のシードを読まなかったことは証明されません。読んだ人がいれば、どの順番が先になるかを知りえました。公開のソルトを使う販売ではこれを防げますが、この販売では使われていません。
draw-says-not = 誰がその順番を持つかについては何も示しません。抽選後も列は進みます。離れる人、順番が来たときにいない人、主催者の優先パスを持つ人がいるため、呼び出しの順は名簿と異なることがあります。
