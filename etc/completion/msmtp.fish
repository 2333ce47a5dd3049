# Completion for msmtp in fish. Accounts come from the "account NAME" lines of the configuration files, which are only
# read: nothing in them is run.

# The names of the accounts in the files that this command line would read, one a line.
function __msmtp_accounts
    set -l user $HOME/.msmtprc
    if not test -e $user
        set -l base $HOME/.config
        set -q XDG_CONFIG_HOME; and set base $XDG_CONFIG_HOME
        set user $base/msmtp/config
    end
    set -l words (commandline -opc)
    for i in (seq (count $words))
        set -l file
        switch $words[$i]
            case -C --file
                set -q words[(math $i + 1)]; and set file $words[(math $i + 1)]
            case '--file=*'
                set file (string replace -- '--file=' '' $words[$i])
            case '-C*'
                set file (string replace -- '-C' '' $words[$i])
        end
        test -n "$file"; and set user (string replace -r -- '^~/' $HOME/ $file)
    end
    for file in SYSCONFDIR/msmtprc $user
        test -f $file -a -r $file; or continue
        string trim -c ' '\t\r <$file | string replace -rf -- '^account[ \t]+' '' | string replace -r -- '^"(.*)"$' '$1' |
            string replace -r -- ':.*$' '' | string trim -c ' '\t | string match -v ''
    end
end

complete -c msmtp -f

set -l switch 'on off'
set -l methods 'on off scram-sha-256-plus scram-sha-1-plus scram-sha-256 scram-sha-1 plain gssapi external oauthbearer cram-md5 digest-md5 login ntlm xoauth2'
set -l facilities 'on off LOG_USER LOG_MAIL LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7'
set -l ignored 'Ignored, for callers of sendmail'

# -r: the argument is required; without it and with -a it is optional and attached.
complete -c msmtp -l version -d 'Show the version and what this build can do'
complete -c msmtp -l help -d 'Show the options'
complete -c msmtp -s P -l pretend -d 'Show the settings that would be used, do nothing'
complete -c msmtp -s v -d 'Show the settings and the dialogue'
complete -c msmtp -s d -l debug -d 'Show the settings and the dialogue'
complete -c msmtp -l configure -x -d 'Write a configuration for a mail address'
complete -c msmtp -s S -l serverinfo -d 'Show what the server offers'
complete -c msmtp -l rmqs -x -d 'Ask the server to start a queue'
complete -c msmtp -s C -l file -r -F -d 'The user\'s configuration file'
complete -c msmtp -s a -l account -x -a '(__msmtp_accounts)' -d 'The account to use'
complete -c msmtp -l host -x -a '(__fish_print_hostnames)' -d 'The server; no configuration file is read'
complete -c msmtp -l port -x -a '25 465 587' -d 'Its port'
complete -c msmtp -l source-ip -x -d 'The local address to connect from'
complete -c msmtp -l proxy-host -x -a '(__fish_print_hostnames)' -d 'A SOCKS 5 proxy'
complete -c msmtp -l proxy-port -x -a '1080 9050' -d 'Its port'
complete -c msmtp -l socket -r -F -d 'A unix socket instead of host and port'
complete -c msmtp -l timeout -x -a off -d 'How long to wait for the network'
complete -c msmtp -l keep-connection -x -a off -d 'For how long the connection waits for another mail'
complete -c msmtp -l connect-timeout -x -a off -d 'Older name of --timeout'
complete -c msmtp -l protocol -x -a 'smtp lmtp' -d 'The protocol'
complete -c msmtp -l domain -x -d 'The name in EHLO, LHLO and Message-ID'
complete -c msmtp -l auth -f -a $methods -d 'Authentication, and how'
complete -c msmtp -l user -x -d 'The user to authenticate as'
complete -c msmtp -l passwordeval -x -d 'A shell command that writes the password'
complete -c msmtp -l tls -f -a $switch -d 'Encryption'
complete -c msmtp -l tls-starttls -f -a $switch -d 'Whether it begins with STARTTLS or at once'
complete -c msmtp -l tls-trust-file -r -F -a system -d 'Whom to trust'
complete -c msmtp -l tls-crl-file -r -F -d 'Revoked certificates'
complete -c msmtp -l tls-fingerprint -x -d 'The one certificate to accept'
complete -c msmtp -l tls-certcheck -f -a $switch -d 'Whether the certificate is checked at all'
complete -c msmtp -l tls-key-file -r -F -d 'The key of a client certificate'
complete -c msmtp -l tls-cert-file -r -F -d 'The client certificate'
complete -c msmtp -l tls-priorities -x -d 'What the TLS library may choose from'
complete -c msmtp -l tls-host-override -x -d 'The name to look for in the certificate'
complete -c msmtp -l tls-min-dh-prime-bits -x -d 'The least Diffie-Hellman prime'
complete -c msmtp -l tls-force-sslv3 -f -a $switch -d 'Without effect'
complete -c msmtp -s f -l from -x -d 'The envelope sender'
complete -c msmtp -l read-envelope-from -d 'Take it from the mail'
complete -c msmtp -s t -l read-recipients -d 'Take recipients from the mail too'
complete -c msmtp -s F -x -d 'The full name in a new From field'
complete -c msmtp -l set-from-header -f -a 'auto on off' -d 'When to write a From field'
complete -c msmtp -l set-date-header -f -a 'auto off' -d 'When to write a Date field'
complete -c msmtp -l set-msgid-header -f -a 'auto off' -d 'When to write a Message-ID field'
complete -c msmtp -l set-to-header -f -a 'on off undisclosed_recipients' -d 'Replace To, Cc and Bcc'
complete -c msmtp -l remove-bcc-headers -f -a $switch -d 'Whether Bcc fields are removed'
complete -c msmtp -l partial-delivery -f -a $switch -d 'Deliver although some recipients are refused'
complete -c msmtp -s N -l dsn-notify -x -a '(__fish_append , failure delay success; echo off; echo never)' -d 'When to ask for a notification'
complete -c msmtp -s R -l dsn-return -x -a 'off headers full' -d 'How much of the mail it returns'
complete -c msmtp -s X -l logfile -r -F -d 'The log file'
complete -c msmtp -l logfile-time-format -x -a none -d 'The time in it'
complete -c msmtp -l syslog -f -a $facilities -d 'Log to syslog'
complete -c msmtp -l aliases -r -F -d 'Addresses for local recipients'
complete -c msmtp -l auto-from -f -a $switch -d 'Obsolete: use patterns in --from'
complete -c msmtp -l maildomain -x -d 'Obsolete likewise'
complete -c msmtp -l add-missing-from-header -f -a $switch -d 'Older name for --set-from-header'
complete -c msmtp -l add-missing-date-header -f -a $switch -d 'Older name for --set-date-header'
complete -c msmtp -l undisclosed-recipients -f -a $switch -d 'Older name for --set-to-header'
complete -c msmtp -l keepbcc -f -a $switch -d 'The opposite of --remove-bcc-headers'
complete -c msmtp -s b -x -a 'm s p i' -d 'Operation mode'
for letter in A B h L O o
    complete -c msmtp -s $letter -x -d $ignored
end
for letter in G i m n
    complete -c msmtp -s $letter -d $ignored
end
