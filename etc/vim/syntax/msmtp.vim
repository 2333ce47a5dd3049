" Vim syntax for the configuration files of msmtp.

if exists('b:current_syntax')
  finish
endif
let s:saved_cpo = &cpo
set cpo&vim

syn case match

" A line is a command and its argument; what is neither a known command nor a comment is an error.
syn match msmtpStart '^' skipwhite nextgroup=@msmtpCommands,msmtpComment,msmtpUnknown
syn match msmtpComment contained '#.*$' contains=@Spell
" Of those that could begin at the same place vim takes the last; so what fits nothing else comes first.
syn match msmtpWrong contained '\S.*$'
syn match msmtpUnknown contained '[^#[:blank:]].*$'
syn cluster msmtpCommands contains=msmtpAccount,msmtpDefaults,msmtpEval,msmtpText,msmtpNumber,msmtpSwitch,msmtpWords,
      \msmtpAlone,msmtpOld

" Sections
syn keyword msmtpAccount contained skipwhite nextgroup=msmtpName
      \ account
syn match msmtpName contained '[^:]*' nextgroup=msmtpParents
syn match msmtpParents contained ':.*$'
syn keyword msmtpDefaults contained skipwhite nextgroup=msmtpWrong
      \ defaults
syn keyword msmtpEval contained skipwhite nextgroup=msmtpShell
      \ eval

" Commands that take any text
syn keyword msmtpText contained skipwhite nextgroup=msmtpArgument
      \ host socket source_ip domain proxy_host
      \ user password ntlmdomain
      \ tls_trust_file tls_crl_file tls_fingerprint tls_key_file tls_cert_file tls_priorities tls_host_override
      \ from from_full_name aliases logfile logfile_time_format
syn keyword msmtpText contained skipwhite nextgroup=msmtpShell
      \ passwordeval
syn match msmtpArgument contained '\S.*$' contains=msmtpPattern
syn match msmtpPattern contained '%[FUHCM]'
syn match msmtpShell contained '\S.*$'

" Commands that take a number
syn keyword msmtpNumber contained skipwhite nextgroup=msmtpDigits,msmtpWrong
      \ port proxy_port tls_min_dh_prime_bits
syn keyword msmtpNumber contained skipwhite nextgroup=msmtpDigits,msmtpOff,msmtpWrong
      \ timeout connect_timeout
syn match msmtpDigits contained '"\=\d\+"\=\s*$'
syn match msmtpOff contained '"\=off"\=\s*$'

" Commands that take "on" or "off"
syn keyword msmtpSwitch contained skipwhite nextgroup=msmtpOnOff,msmtpWrong
      \ tls tls_starttls tls_certcheck
      \ allow_from_override remove_bcc_headers partial_delivery keep_connection
syn match msmtpOnOff contained '"\=\%(on\|off\)"\=\s*$'

" Commands that take one of several words
syn keyword msmtpWords contained skipwhite nextgroup=msmtpProtocol,msmtpWrong
      \ protocol
syn match msmtpProtocol contained '"\=\%(smtp\|lmtp\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpMethod,msmtpOnOff,msmtpWrong
      \ auth
syn match msmtpMethod contained '"\=\%(plain\|login\|scram-sha-\%(1\|256\)\%(-plus\)\=\|cram-md5\|digest-md5\|ntlm\|gssapi\|external\|oauthbearer\|xoauth2\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpWhen,msmtpWrong
      \ set_from_header
syn match msmtpWhen contained '"\=\%(auto\|on\|off\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpAuto,msmtpWrong
      \ set_date_header set_msgid_header
syn match msmtpAuto contained '"\=\%(auto\|off\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpTo,msmtpWrong
      \ set_to_header
syn match msmtpTo contained '"\=\%(on\|off\|undisclosed_recipients\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpFacility,msmtpOnOff,msmtpWrong
      \ syslog
syn match msmtpFacility contained '"\=LOG_\%(USER\|MAIL\|LOCAL[0-7]\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpNotify,msmtpWrong
      \ dsn_notify
syn match msmtpNotify contained '"\=\%(off\|never\|\%(failure\|delay\|success\)\%(,\%(failure\|delay\|success\)\)*\)"\=\s*$'
syn keyword msmtpWords contained skipwhite nextgroup=msmtpReturn,msmtpWrong
      \ dsn_return
syn match msmtpReturn contained '"\=\%(off\|headers\|full\)"\=\s*$'

" Older words
syn keyword msmtpAlone contained skipwhite nextgroup=msmtpWrong
      \ tls_nostarttls tls_nocertcheck
syn keyword msmtpOld contained skipwhite nextgroup=msmtpOnOff,msmtpWrong
      \ auto_from undisclosed_recipients add_missing_from_header add_missing_date_header keepbcc
syn keyword msmtpOld contained skipwhite nextgroup=msmtpArgument
      \ maildomain tls_force_sslv3

hi def link msmtpComment Comment
hi def link msmtpAccount Statement
hi def link msmtpDefaults Statement
hi def link msmtpEval PreProc
hi def link msmtpName Identifier
hi def link msmtpParents Special
hi def link msmtpText Type
hi def link msmtpNumber Type
hi def link msmtpSwitch Type
hi def link msmtpWords Type
hi def link msmtpAlone Type
hi def link msmtpOld Type
hi def link msmtpArgument String
hi def link msmtpPattern Special
hi def link msmtpShell PreProc
hi def link msmtpDigits Number
hi def link msmtpOff Constant
hi def link msmtpOnOff Boolean
hi def link msmtpProtocol Constant
hi def link msmtpMethod Constant
hi def link msmtpWhen Constant
hi def link msmtpAuto Constant
hi def link msmtpTo Constant
hi def link msmtpFacility Constant
hi def link msmtpNotify Constant
hi def link msmtpReturn Constant
hi def link msmtpUnknown Error
hi def link msmtpWrong Error

let b:current_syntax = 'msmtp'
let &cpo = s:saved_cpo
unlet s:saved_cpo
