# What the frame of every page says.

skip = सामग्री पर जाएँ
site = साइट
for-developers = डेवलपर के लिए
language = भाषा

## What went wrong, and what to do.

error-input = यह नहीं हो सका
error-input-advice = आपके ब्राउज़र ने जो भेजा, वह समझ में नहीं आया। वापस जाएँ और फिर कोशिश करें।
error-forbidden = यह आपके लिए खुला नहीं है
error-forbidden-advice = यह पेज किसी और का है, या इसके लिए आपका समय समाप्त हो गया है।
error-missing = यहाँ कुछ नहीं है
error-missing-advice = पता जाँचें। शायद वह ग़लत लिखा गया है, या जो यहाँ था वह अब नहीं है।
error-method = यह यहाँ संभव नहीं है
error-method-advice = इस पते का उपयोग इस तरह नहीं हो सकता। पिछले पेज पर जाकर फिर कोशिश करें।
error-conflict = यह अभी संभव नहीं है
error-conflict-advice = इस बीच कुछ बदल गया है। वापस जाएँ, पेज फिर से लोड करें और दोबारा देखें।
error-gone = यह समाप्त हो चुका है
error-gone-advice = इसका समय निकल चुका है, या इसका उपयोग हो चुका है।
error-limited = कृपया एक क्षण रुकें
error-limited-advice = यह उतने से ज़्यादा था जितना हम एक व्यक्ति से ले सकते हैं। आपकी जगह और आपकी सीटें सुरक्षित हैं।
error-away = हम अभी लौटते हैं
error-away-advice = सिस्टम का एक हिस्सा थोड़ी देर के लिए उपलब्ध नहीं है। कुछ तय नहीं हुआ, और आपका कुछ नहीं खोया।
error-fault = हमारी ओर से कुछ गड़बड़ हुई
error-fault-advice = यह आपकी ग़लती नहीं थी, और इसे दर्ज कर लिया गया है। फिर कोशिश करने से मदद मिल सकती है।
error-wait =
    { $seconds ->
        [one] फिर कोशिश करने से पहले कृपया { $seconds } सेकंड रुकें।
       *[other] फिर कोशिश करने से पहले कृपया { $seconds } सेकंड रुकें।
    }
error-again = फिर कोशिश करें
error-start = शुरुआत पर जाएँ
error-number = मदद माँगने पर यह संख्या बताएँ:
