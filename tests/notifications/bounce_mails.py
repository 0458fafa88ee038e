"""Delivery reports as mail servers write them, of a mail that carries a mark of ours."""


def report(
    action: str = "failed", status: str = "5.1.1", *, envid: str = "", sent_id: str = "", to: str = "", kind: str = "message/rfc822"
) -> bytes:  # fmt: skip
    """A multipart/report (RFC 3464) that names the mail where it is asked to: ENVID, Message-ID of what came back, address."""
    envelope = f"Original-Envelope-Id: {envid}\r\n" if envid else ""
    return (
        "From: MAILER-DAEMON@mx.example.net\r\n"
        f"To: <{to or 'returns@orme.example'}>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI am sorry.\r\n\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.net\r\n{envelope}\r\n"
        "Final-Recipient: rfc822; ines@example.com\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--B\r\nContent-Type: {kind}\r\n\r\n"
        f"From: Orme <bonjour@orme.example>\r\nMessage-ID: <{sent_id or 'somebody@else.example'}>\r\nSubject: Bonjour\r\n\r\n"
        "--B--\r\n"
    ).encode()
