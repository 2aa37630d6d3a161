# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = ड्रॉप
drops-lead = कतार में लगने के लिए कोई ड्रॉप चुनें। आपकी बारी आने पर आप दुकान में जा सकेंगे।
drops-none = अभी कोई ड्रॉप नहीं है। कृपया बाद में आएँ।
all-drops = सभी ड्रॉप
opens = खुलेगा
opened = खुला
state-scheduled = अभी नहीं खुला
state-lobby = लॉबी खुली है
state-open = खुला है
state-paused = रुका हुआ
state-sold-out = बिक गया
state-closed = समाप्त

## Above everything else on the queue page.

organiser = आयोजक की ओर से:
offline = अभी कतार से संपर्क नहीं हो पा रहा है। आपकी जगह सुरक्षित है; हम कोशिश कर रहे हैं।
requeued = समय पर दुकान में न जाने से आपकी बारी निकल गई। कतार में आपको नई जगह मिली है।
away = आपकी बारी तब आई जब आप यहाँ नहीं थे। समय समाप्त होने से पहले दुकान में जाएँ।
few-seats = आपसे आगे के लोगों से सीटें कम हैं। हो सकता है आपको सीट न मिले।
no-seats = अभी सभी सीटें दूसरों की टोकरी में हैं। कुछ वापस आ सकती हैं।
without-script = यह पेज अपने आप नया होता रहता है। इसे खुला रखें और इसी ब्राउज़र से लौटें।

## The states: a heading, and what to know or do.

scheduled = दरवाज़े अभी नहीं खुले हैं
scheduled-from = आप यहाँ से शामिल हो सकते हैं:
scheduled-unknown = खुलने का समय अभी घोषित नहीं हुआ है।
scheduled-advice = जल्दी आने या पेज दोबारा लोड करने से कोई लाभ नहीं। इसे खुला रखें, यह समय पर आपके लिए जगह ले लेगा।
join = कतार में लगें
join-advice = आपको इस ब्राउज़र के लिए एक जगह मिलती है। और टैब खोलने या दोबारा लोड करने से कुछ नहीं बदलता।
lobby = आप लॉबी में हैं
lobby-in = खुलने में शेष समय
lobby-advice = तब लॉबी में मौजूद सभी को लॉटरी से जगह मिलती है। आप कब आए, इससे फ़र्क नहीं पड़ता; आपको कुछ नहीं करना है।
lobby-draw = लॉटरी पहले से तय है: उसकी गुप्त संख्या का फ़िंगरप्रिंट लॉबी खुलने से पहले प्रकाशित हुआ था, इसलिए बाद में कोई क्रम नहीं बदल सकता।
lobby-check = लॉटरी कैसे होती है, देखें और जाँचें
lobby-people = लॉबी में लोग
waiting = आप कतार में हैं
waiting-advice = यह पेज खुला रखें। इस बीच आप दूसरे टैब इस्तेमाल कर सकते हैं।
paused = कतार रुकी हुई है
paused-advice = अभी किसी को अंदर नहीं लिया जा रहा। आपकी जगह बनी रहेगी।
sold-out = सभी सीटें बिक गईं
sold-out-advice = सीट तभी खाली होगी जब कोई टिकट लौटाए। रुकने पर आपकी जगह बनी रहेगी।
called = आपकी बारी है
called-advice = अभी दुकान में जाएँ, इससे पहले कि आपकी बारी किसी और को मिल जाए।
called-until = आपकी बारी इस समय तक सुरक्षित है:
called-left = बचा हुआ समय
enter = दुकान में जाएँ
admitted = आप अंदर हैं
admitted-advice = दुकान आपके लिए खुली है।
go-on = दुकान पर जाएँ
lapsed = आपकी बारी निकल गई
lapsed-advice = आप समय पर दुकान में नहीं गए, इसलिए बारी किसी और को मिल गई।
join-again = फिर से कतार में लगें
left = आप कतार से निकल गए हैं
left-advice = आपकी जगह दूसरों के लिए खाली है। आप कतार के अंत में फिर से लग सकते हैं।
finished = आपकी बारी हो चुकी है
finished-advice = दुकान में आपका समय पूरा हुआ। आपकी टोकरी और टिकटों के लिंक अब भी काम करते हैं।
closed = यह ड्रॉप समाप्त हो गया
closed-advice = आने के लिए धन्यवाद। अब किसी को अंदर नहीं लिया जाएगा।

## How somebody in line stands.

position = आपका स्थान
ahead = आपसे आगे लोग
wait = अनुमानित प्रतीक्षा
seats-left = अभी बची सीटें
progress = कितना इंतज़ार पूरा हुआ
as-of = अपडेट का समय:

## What can be done besides waiting.

help-link = बाहर जा रहे हैं, दूसरा डिवाइस, या मदद चाहिए?
leave = कतार छोड़ें
leave-warning = आपकी जगह चली जाएगी। दोबारा लगने पर कतार के अंत से शुरू होगा।
leave-now = छोड़ें और जगह गँवाएँ
see-shop = देखें क्या बिक रहा है
back-to = { $site } पर वापस

## How somebody who looks elsewhere is told.

alerts = जब मेरी बारी आए
alert-sound = आवाज़ बजाएँ
alert-notification = सूचना दिखाएँ
alert-refused = आपका ब्राउज़र इस पेज की सूचनाओं की अनुमति नहीं देता।
speak = स्क्रीन रीडर: मेरा स्थान बताए
speak-15 = हर 15 सेकंड
speak-60 = हर मिनट
speak-300 = हर 5 मिनट
speak-0 = सिर्फ़ मेरी बारी आने पर

## How long the wait may be.

wait-a-minute = ज़्यादा से ज़्यादा एक मिनट
wait-unknown = अभी पता नहीं
wait-up-to-minutes =
    { $high ->
        [one] { $high } मिनट तक
       *[other] { $high } मिनट तक
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } मिनट
       *[other] { $low }–{ $high } मिनट
    }
wait-up-to-hours =
    { $high ->
        [one] { $high } घंटा तक
       *[other] { $high } घंटे तक
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } घंटा
       *[other] { $low }–{ $high } घंटे
    }
wait-up-to = { $time } तक

## What the script says.

spoken-position = स्थान { $position }। अनुमानित प्रतीक्षा: { $wait }।
spoken-left = दुकान में जाने के लिए { $time } बचे हैं
spoken-opens = { $time } में खुलेगा
title-called = आपकी बारी
back-online = संपर्क फिर से हो गया है।
