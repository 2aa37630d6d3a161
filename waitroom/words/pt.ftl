# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = Vendas
drops-lead = Escolha uma venda para entrar na fila. Quando chegar a sua vez, você entra na loja.
drops-none = Não há vendas no momento. Volte mais tarde.
all-drops = Todas as vendas
opens = Abre
opened = Aberto desde
state-scheduled = Ainda não aberto
state-lobby = Sala aberta
state-open = Aberto
state-paused = Em pausa
state-sold-out = Esgotado
state-closed = Encerrado

## Above everything else on the queue page.

organiser = Do organizador:
offline = Não conseguimos contactar a fila agora. O seu lugar está seguro; continuamos a tentar.
requeued = A sua vez passou, porque ninguém entrou na loja a tempo. Você tem um novo lugar na fila.
away = A sua vez chegou enquanto você estava fora. Entre na loja antes que o tempo acabe.
few-seats = Há menos lugares do que pessoas à sua frente. Você pode não conseguir um.
no-seats = Todos os lugares estão agora em cestos de outras pessoas. Alguns podem voltar.
without-script = Esta página atualiza-se sozinha. Mantenha-a aberta e volte com este navegador.

## The states: a heading, and what to know or do.

scheduled = As portas ainda não abriram
scheduled-from = Você pode entrar a partir de
scheduled-unknown = Ainda não foi anunciado quando abre.
scheduled-advice = Chegar cedo ou recarregar a página não dá vantagem. Mantenha-a aberta e ela guardará um lugar para você a tempo.
join = Entrar na fila
join-advice = Você recebe um lugar, guardado para este navegador. Mais abas ou recarregar não mudam nada.
lobby = Você está na sala de espera
lobby-in = Abre em
lobby-advice = Então os lugares de todos na sala são sorteados. Não importa quando você chegou, e não é preciso fazer nada.
lobby-draw = O sorteio já está fixado: a impressão digital do seu número secreto foi publicada antes de a sala abrir, por isso ninguém pode mudar a ordem depois.
lobby-check = Ver como funciona o sorteio e verificá-lo
lobby-people = Pessoas na sala
waiting = Você está na fila
waiting-advice = Mantenha esta página aberta. Entretanto pode usar outras abas.
paused = A fila está em pausa
paused-advice = Ninguém entra no momento. Você mantém o seu lugar.
sold-out = Todos os lugares foram vendidos
sold-out-advice = Um lugar só fica livre se alguém devolver o bilhete. Se ficar, você mantém a sua posição.
called = É a sua vez
called-advice = Entre agora na loja, antes que a sua vez passe para outra pessoa.
called-until = A sua vez fica guardada até
called-left = Tempo restante
enter = Entrar na loja
admitted = Você entrou
admitted-advice = A loja está aberta para você.
go-on = Continuar para a loja
lapsed = A sua vez passou
lapsed-advice = Você não entrou na loja a tempo, e a vez passou para outra pessoa.
join-again = Entrar na fila de novo
left = Você saiu da fila
left-advice = O seu lugar está livre para outros. Você pode entrar de novo, no fim da fila.
finished = Você já teve a sua vez
finished-advice = A sua visita à loja terminou. As ligações para os seus cestos e bilhetes continuam a funcionar.
closed = Esta venda terminou
closed-advice = Obrigado por vir. Ninguém mais entra.

## How somebody in line stands.

position = A sua posição
ahead = Pessoas à sua frente
wait = Espera estimada
seats-left = Lugares livres agora
progress = Quanto da espera já passou
as-of = Atualizado às

## What can be done besides waiting.

help-link = Vai sair, mudar de aparelho ou precisa de ajuda?
leave = Sair da fila
leave-warning = Você perde o seu lugar. Se voltar, começa no fim da fila.
leave-now = Sair e perder o meu lugar
see-shop = Ver o que está à venda
back-to = Voltar para { $site }

## How somebody who looks elsewhere is told.

alerts = Quando for a minha vez
alert-sound = Tocar um som
alert-notification = Mostrar uma notificação
alert-refused = O seu navegador não permite notificações desta página.
speak = Leitor de tela: dizer a minha posição
speak-15 = a cada 15 segundos
speak-60 = a cada minuto
speak-300 = a cada 5 minutos
speak-0 = só quando for a minha vez

## How long the wait may be.

wait-a-minute = um minuto no máximo
wait-unknown = ainda não se sabe
wait-up-to-minutes =
    { $high ->
        [one] até { $high } minuto
       *[other] até { $high } minutos
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } minuto
       *[other] { $low }–{ $high } minutos
    }
wait-up-to-hours =
    { $high ->
        [one] até { $high } hora
       *[other] até { $high } horas
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } hora
       *[other] { $low }–{ $high } horas
    }
wait-up-to = até { $time }

## What the script says.

spoken-position = Posição { $position }. Espera estimada: { $wait }.
spoken-left = Restam { $time } para entrar na loja
spoken-opens = Abre em { $time }
title-called = Sua vez
back-online = A ligação voltou.

## Besides waiting: mail, another device, help.

help-title = Enquanto você espera
help-lead = O seu lugar continua seu enquanto você lê isto.
help-back = Voltar à fila
help-failed = Não funcionou neste momento. O seu lugar está seguro; tente de novo.
mail-heading = Avisar-me por e-mail quando a minha vez estiver perto
mail-pending = Vamos escrever uma vez para { $address }, quando a espera puder ser de dez minutos ou menos. O endereço é apagado em seguida.
mail-stop = Não me escrever
mail-sent = O e-mail foi enviado e o seu endereço foi apagado. Mantenha agora aberta a página da fila.
mail-failed = O e-mail não pôde ser enviado e o endereço foi apagado. Você pode dar outro.
mail-stopped = Não vamos escrever para você. O seu endereço foi apagado.
mail-address = Endereço de e-mail
mail-no-address = Isto não é um endereço de e-mail. Ele tem a forma nome@example.com.
mail-too-many = Cinco lugares desta venda já escrevem para este endereço. Informe outro, por favor.
mail-near = A sua vez já está perto: a espera pode ser de dez minutos ou menos. Mantenha aberta a página da fila; nenhum e-mail seria mais rápido.
mail-now = Já é a sua vez. Volte à fila e entre na loja.
mail-over = Já não há nada para avisar: o seu lugar já não está à espera.
mail-note = Um só e-mail, quando a espera puder ser de dez minutos ou menos. Depois o endereço é apagado. Não é usado para mais nada.
mail-ask = Avisar-me
move-heading = Continuar em outro aparelho
move-advice = Leve o seu lugar do computador para o telefone ou de volta. Continua a ser um só lugar com uma só vez, e este aparelho continua a mostrá-lo.
move-show = Mostrar um código para o outro aparelho
move-scan = Leia o código com o outro aparelho. Ele vale uma vez, durante cinco minutos. Quem o tem, tem o seu lugar: não o mostre a ninguém.
move-picture = Código QR do endereço abaixo
move-type = Ou abra { $address } no outro aparelho e digite este código:
move-again = Criar outro código
move-title = Trazer o seu lugar para este aparelho
move-same = Continua a ser o mesmo lugar com a mesma vez, e o outro aparelho continua a mostrá-lo.
move-own = Este aparelho já tem um lugar próprio nesta fila. A partir daí mostra o outro.
move-code = Código do outro aparelho
move-code-note = 26 letras e números. Minúsculas servem, e os hifens podem ser omitidos.
move-take = Trazer o meu lugar para este aparelho
move-spent = Este código já não vale. Ele vale uma vez, durante cinco minutos. Crie um novo no aparelho que tem o seu lugar.
support-heading = Pedir ajuda
support-advice = Um código curto com o qual o suporte do organizador encontra o seu lugar quando você liga ou escreve.
support-show = Mostrar o meu código de suporte
support-code = O seu código de suporte:
support-note = Leia-o para o suporte do organizador, que poderá ver como está o seu lugar. Ninguém pode tomar o seu lugar com ele.
elsewhere = O seu lugar também está aberto noutro aparelho. É um só lugar com uma só vez.

## The mail to somebody whose turn is near.

reminder-near = A sua vez está perto
reminder-away = A sua vez chegou enquanto você estava fora
reminder-any-minute = Você pode ser chamado a qualquer momento.
reminder-minutes =
    { $minutes ->
        [one] Você pode ser chamado dentro de cerca de { $minutes } minuto.
       *[other] Você pode ser chamado dentro de cerca de { $minutes } minutos.
    }
reminder-back = Volte antes de { $time } e será o próximo.
reminder-enter = Entre na loja antes de { $time }.
reminder-open = Abra a página da fila no aparelho em que você pegou o seu lugar
reminder-estimates = Os tempos de uma fila são estimativas. Se a sua vez passar sem ser usada, vai para outra pessoa.
reminder-asked = Você pediu este e-mail naquela página. É o único, e o seu endereço foi apagado.

## The draw, and how it can be checked.

draw-of = O sorteio: { $title }
draw-lead = Quem está na sala na hora da abertura recebe o seu lugar na fila por sorteio. Veja como, e como pode verificar.
draw-how = Como a ordem é sorteada
draw-how-seed = Antes de a sala abrir, foi escolhido um número secreto: a semente. A sua impressão digital, o compromisso abaixo, é pública desde então, por isso a semente não pode ser trocada por outra. A semente e o identificador de um lugar dão juntos a esse lugar um número que ninguém pode adivinhar sem a semente. Na abertura, o número mais baixo é chamado primeiro.
draw-how-leaving = Não importa quando você chegou à sala. Sair e voltar dá o mesmo lugar e o mesmo número.
draw-salt-how = Neste sorteio entra também um valor público, o sal, que ninguém podia conhecer antes: { $source }. Ele gira todo o círculo de números, de modo que nem quem tivesse lido a semente secreta podia saber quem seria o primeiro.
draw-numbers = Os números
draw-commitment = Compromisso: SHA-256 da semente
draw-salt = Sal
draw-salt-unknown = ainda não conhecido
draw-count = Lugares na sala na abertura
draw-roster-digest = SHA-256 da lista
draw-seed = Semente
draw-roster = Lista
draw-roster-link = Todos os lugares na ordem do sorteio
draw-soon = A venda abriu. A semente e a lista são publicadas aqui em alguns segundos.
draw-later = A semente e a lista são publicadas aqui depois da abertura. Anote agora o compromisso, se quiser ter a certeza mais tarde de que não mudou.
draw-check = Verifique você mesmo
draw-check-command = Este comando busca tudo o que está publicado, calcula o sorteio de novo e diz o que verificou:
draw-check-own = O seu próprio lugar está na lista com o seu place_id: o número da linha é a posição que o sorteio deu.
draw-check-place = Mostrar o meu lugar com o seu place_id
draw-rule = A regra exata, em inglês
draw-proves = O que isto prova, e o que não prova
draw-proof = Prova que a ordem resulta só da semente e dos identificadores, que a semente estava fixada antes de a sala abrir, e que ninguém de fora podia conhecer ou escolher uma posição.
draw-proof-salted = Prova que a ordem resulta só da semente, do sal e dos identificadores, que a semente estava fixada antes de a sala abrir, e que ninguém de fora podia conhecer ou escolher uma posição.
draw-inside-salted = Alguém de dentro que tivesse lido a semente também não podia conhecer a ordem antes de o sal ser publicado. Compare o sal com o que a sua fonte publicou.
draw-inside = Não prova que ninguém de dentro leu a semente secreta antes da abertura: essa pessoa poderia saber que lugares sairiam primeiro. Uma venda que indica um sal público exclui isso; esta não indica nenhum.
draw-says-not = Não diz nada sobre quem está por trás de um lugar. Depois do sorteio a fila avança: há quem saia, quem esteja fora na sua vez ou quem tenha um passe prioritário do organizador; por isso as chamadas podem diferir da lista.
