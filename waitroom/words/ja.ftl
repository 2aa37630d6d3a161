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
