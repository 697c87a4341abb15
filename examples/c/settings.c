/*
 * A strict reader for the small part of XML that settings files use.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#define _DEFAULT_SOURCE

#include "settings.h"

#include "file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* IANA's EAP method Types. */
enum { MD5 = 4, GTC = 6, TLS = 13, TTLS = 21, PEAP = 25, MSCHAPV2 = 26, FAST = 43 };

const struct settings_mode settings_modes[SETTINGS_MODE_MAX] = {
    {1, "EAP-MD5", MD5, 0},
    {2, "EAP-TLS", TLS, 0},
    {3, "EAP-PEAP/MSCHAPv2", PEAP, MSCHAPV2},
    {4, "EAP-TTLS/EAP-MSCHAPv2", TTLS, MSCHAPV2},
    {5, "EAP-PEAP/GTC", PEAP, GTC},
    {6, "EAP-TTLS/EAP-GTC", TTLS, GTC},
    {7, "EAP-FAST", FAST, 0},
};

/* How deep elements may be nested; real files have three levels. */
#define DEPTH_MAX 16

/* A part of the file. */
struct span {
    const char *start;
    size_t len;
};

/* One parameter: where it goes and the line that gave it. */
struct parameter {
    const char *name;
    char *text; /* NULL for a number */
    unsigned *number;
    size_t max; /* characters, or the highest number */
    unsigned line;
};

enum { PARAMETER_COUNT = 8 };

struct reader {
    const char *name;
    const char *at;
    const char *end;
    unsigned line;
    struct settings *settings;
    struct settings_error *error;
    struct parameter parameters[PARAMETER_COUNT];
    struct span open[DEPTH_MAX]; /* the elements around `at` */
    size_t depth;
};

static bool fail_at(struct reader *r, unsigned line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = snprintf(r->error->text, sizeof r->error->text, "%.255s:%u: ", r->name, line);
    if (len > 0 && (size_t)len < sizeof r->error->text)
        vsnprintf(r->error->text + len, sizeof r->error->text - (size_t)len, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
                  (unsigned char)c >= 0x80;
    return letter || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static bool starts_with(const struct reader *r, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(r->end - r->at) >= len && memcmp(r->at, text, len) == 0;
}

/* Goes on by `len` octets and counts the lines. */
static void advance(struct reader *r, size_t len)
{
    for (; len > 0; len--) {
        if (*r->at++ == '\n')
            r->line++;
    }
}

static void skip_spaces(struct reader *r)
{
    while (r->at < r->end && is_space(*r->at))
        advance(r, 1);
}

/* Goes behind the next `mark`, and gives what stood before it. */
static bool take_until(struct reader *r, const char *mark, const char *what, struct span *before)
{
    unsigned line = r->line;
    const char *start = r->at;
    while (r->at < r->end && !starts_with(r, mark))
        advance(r, 1);
    if (r->at == r->end)
        return fail_at(r, line, "%s without its end %s", what, mark);
    if (before != NULL)
        *before = (struct span){start, (size_t)(r->at - start)};
    advance(r, strlen(mark));
    return true;
}

static bool take_name(struct reader *r, struct span *name)
{
    const char *start = r->at;
    while (r->at < r->end && is_name(*r->at, r->at == start))
        r->at++;
    *name = (struct span){start, (size_t)(r->at - start)};
    return name->len > 0 || fail_at(r, r->line, "a name is missing after < or </");
}

static bool same(struct span a, struct span b)
{
    return a.len == b.len && memcmp(a.start, b.start, a.len) == 0;
}

/* How much of a name an error shows. */
static int shown(struct span name)
{
    return name.len < 40 ? (int)name.len : 40;
}

/* A value while it is being put together. */
struct value {
    char text[4 * SETTINGS_URL_MAX + 1];
    size_t len;
    size_t characters;
    bool has_control;
};

/* Adds one octet of UTF-8. What is too long is counted on, for the error. */
static void value_add(struct value *value, unsigned char octet)
{
    value->has_control |= octet < 0x20 || octet == 0x7f;
    value->characters += (octet & 0xc0) != 0x80;
    if (value->len + 1 < sizeof value->text)
        value->text[value->len++] = (char)octet;
}

static void value_add_character(struct value *value, unsigned long c)
{
    static const unsigned char lead[] = {0x00, 0xc0, 0xe0, 0xf0};
    unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    value_add(value, (unsigned char)(lead[more] | c >> 6 * more));
    while (more-- > 0)
        value_add(value, (unsigned char)(0x80 | (c >> 6 * more & 0x3f)));
}

/* The character behind &# or &#x; 0 if it is none that XML allows. */
static unsigned long numeric_character(struct span digits)
{
    static const char values[] = "0123456789abcdef0123456789ABCDEF";
    bool is_hex = digits.len > 0 && digits.start[0] == 'x';
    unsigned long base = is_hex ? 16 : 10, c = 0;
    for (size_t i = is_hex; i < digits.len; i++) {
        const char *found = memchr(values, digits.start[i], sizeof values - 1);
        unsigned long digit = found == NULL ? base : (unsigned long)(found - values) % 16;
        c = c * base + digit;
        if (digit >= base || c > 0x10ffff)
            return 0;
    }
    return c >= 0xd800 && c <= 0xdfff ? 0 : c;
}

static bool read_entity(struct reader *r, struct value *value)
{
    static const struct {
        const char *name;
        unsigned char character;
    } named[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    unsigned line = r->line;
    advance(r, 1);
    struct span entity = {r->at, 0};
    while (r->at < r->end && *r->at != ';' && *r->at != '<' && *r->at != '&' && !is_space(*r->at))
        r->at++;
    entity.len = (size_t)(r->at - entity.start);
    if (r->at == r->end || *r->at != ';')
        return fail_at(r, line, "& without its ; (a & itself is written &amp;)");
    r->at++;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (same(entity, (struct span){named[i].name, strlen(named[i].name)})) {
            value_add(value, named[i].character);
            return true;
        }
    }
    unsigned long c = 0;
    if (entity.len > 1 && entity.start[0] == '#')
        c = numeric_character((struct span){entity.start + 1, entity.len - 1});
    if (c == 0)
        return fail_at(r, line,
                       "unknown entity, accepted: &lt; &gt; &amp; &quot; &apos; &#N; &#xN;");
    value_add_character(value, c);
    return true;
}

static bool store_number(struct reader *r, const struct parameter *parameter, const char *text)
{
    const char *name = parameter->name;
    text += strspn(text, " \t\r\n");
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits + strspn(text + digits, " \t\r\n")] != '\0')
        return fail_at(r, parameter->line, "%s: not a number, 0 to %zu accepted", name,
                       parameter->max);
    if (digits > 1 || (size_t)(*text - '0') > parameter->max)
        return fail_at(r, parameter->line, "%s: %.*s given, 0 to %zu accepted", name,
                       shown((struct span){text, digits}), text, parameter->max);
    *parameter->number = (unsigned)(*text - '0');
    return true;
}

/* An empty one is as good as none. */
static bool store_provision_mode(struct reader *r, const struct parameter *parameter,
                                 const char *text)
{
    if (text[strspn(text, " \t\r\n")] == '\0')
        return true;
    if (!store_number(r, parameter, text))
        return false;
    ++*parameter->number;
    return true;
}

static bool store(struct reader *r, const struct parameter *parameter, const struct value *value)
{
    const char *name = parameter->name;
    if (parameter->number == &r->settings->provision_mode)
        return store_provision_mode(r, parameter, value->text);
    if (parameter->text == NULL)
        return store_number(r, parameter, value->text);
    if (value->has_control)
        return fail_at(r, parameter->line,
                       "%s: a line break or control character, one line accepted", name);
    if (value->characters > parameter->max)
        return fail_at(r, parameter->line, "%s: %zu characters given, at most %zu accepted", name,
                       value->characters, parameter->max);
    memcpy(parameter->text, value->text, value->len);
    return true;
}

/* Behind a start tag of `parameter`: everything up to its end tag. */
static bool read_value(struct reader *r, struct parameter *parameter, struct value *value)
{
    while (r->at < r->end) {
        if (starts_with(r, "</"))
            return store(r, parameter, value);
        if (starts_with(r, "<!--")) {
            advance(r, 4);
            if (!take_until(r, "-->", "a comment", NULL))
                return false;
        } else if (starts_with(r, "<![CDATA[")) {
            struct span text;
            advance(r, 9);
            if (!take_until(r, "]]>", "CDATA", &text))
                return false;
            for (size_t i = 0; i < text.len; i++)
                value_add(value, (unsigned char)text.start[i]);
        } else if (*r->at == '<') {
            return fail_at(r, r->line, "%s: an element inside, text accepted", parameter->name);
        } else if (*r->at == '&') {
            if (!read_entity(r, value))
                return false;
        } else {
            value_add(value, (unsigned char)*r->at);
            advance(r, 1);
        }
    }
    return fail_at(r, r->line, "%s: the end tag is missing", parameter->name);
}

static bool skip_attributes(struct reader *r)
{
    for (;;) {
        const char *before = r->at;
        skip_spaces(r);
        if (r->at == r->end || *r->at == '>' || *r->at == '/')
            return true;
        struct span ignored;
        if (r->at == before || !is_name(*r->at, true))
            return fail_at(r, r->line, "a tag is not closed with >");
        take_name(r, &ignored);
        skip_spaces(r);
        if (r->at == r->end || *r->at != '=')
            return fail_at(r, r->line, "an attribute without = and a value");
        advance(r, 1);
        skip_spaces(r);
        if (r->at == r->end || (*r->at != '"' && *r->at != '\''))
            return fail_at(r, r->line, "an attribute's value without quotes");
        const char quote[] = {*r->at, '\0'};
        advance(r, 1);
        if (!take_until(r, quote, "an attribute", &ignored))
            return false;
        if (memchr(ignored.start, '<', ignored.len) != NULL)
            return fail_at(r, r->line, "< in an attribute, accepted: &lt;");
    }
}

static struct parameter *find_parameter(struct reader *r, struct span name)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *candidate = r->parameters[i].name;
        if (same(name, (struct span){candidate, strlen(candidate)}))
            return &r->parameters[i];
    }
    return NULL;
}

static bool read_start_tag(struct reader *r)
{
    struct span name;
    advance(r, 1);
    if (!take_name(r, &name) || !skip_attributes(r))
        return false;
    bool is_empty = starts_with(r, "/>");
    if (!is_empty && !starts_with(r, ">"))
        return fail_at(r, r->line, "a tag is not closed with >");
    advance(r, is_empty ? 2 : 1);

    struct parameter *parameter = find_parameter(r, name);
    if (parameter != NULL) {
        if (parameter->line != 0)
            return fail_at(r, r->line, "%s: given again (first in line %u), once accepted",
                           parameter->name, parameter->line);
        parameter->line = r->line;
    }
    if (!is_empty) {
        if (r->depth == DEPTH_MAX)
            return fail_at(r, r->line, "elements nested too deeply, %d levels accepted", DEPTH_MAX);
        r->open[r->depth++] = name;
    }
    if (parameter == NULL)
        return true;
    struct value value;
    memset(&value, 0, sizeof value);
    bool ok = is_empty ? store(r, parameter, &value) : read_value(r, parameter, &value);
    explicit_bzero(&value, sizeof value);
    return ok;
}

static bool read_end_tag(struct reader *r)
{
    struct span name;
    unsigned line = r->line;
    advance(r, 2);
    if (!take_name(r, &name))
        return false;
    skip_spaces(r);
    if (!starts_with(r, ">"))
        return fail_at(r, line, "an end tag is not closed with >");
    advance(r, 1);
    if (r->depth == 0)
        return fail_at(r, line, "an end tag without its start tag");
    struct span expected = r->open[--r->depth];
    if (!same(name, expected))
        return fail_at(r, line, "</%.*s> found, </%.*s> accepted", shown(name), name.start,
                       shown(expected), expected.start);
    return true;
}

/* NUL, control characters and everything that is not UTF-8 (RFC 3629 section 4) is refused: a
 * password in another encoding would be a wrong one. */
static bool check_characters(struct reader *r)
{
    unsigned line = 1;
    for (const char *c = r->at; c < r->end;) {
        unsigned char at[4] = {0};
        memcpy(at, c, r->end - c < 4 ? (size_t)(r->end - c) : 4);
        size_t len = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
        if ((at[0] < 0x20 && !is_space(*c)) || at[0] == 0x7f)
            return fail_at(r, line, "a control character");
        bool ok = at[0] < 0x80 || (at[0] >= 0xc2 && at[0] <= 0xf4);
        for (size_t i = 1; i < len; i++)
            ok = ok && (at[i] & 0xc0) == 0x80;
        /* Longer than need be, surrogates, beyond Unicode. */
        if (!ok || (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0) ||
            (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] >= 0x90))
            return fail_at(r, line, "not UTF-8");
        line += at[0] == '\n';
        c += len;
    }
    return true;
}

static bool read_document(struct reader *r)
{
    bool had_root = false;
    if (!check_characters(r))
        return false;
    if (starts_with(r, "\xef\xbb\xbf"))
        advance(r, 3); /* the byte order mark that some editors write */
    while (r->at < r->end) {
        bool ok = true;
        if (starts_with(r, "<!--")) {
            advance(r, 4);
            ok = take_until(r, "-->", "a comment", NULL);
        } else if (r->depth > 0 && starts_with(r, "<![CDATA[")) {
            advance(r, 9);
            ok = take_until(r, "]]>", "CDATA", NULL);
        } else if (starts_with(r, "<!")) {
            ok = fail_at(r, r->line, "a document type or the like, elements accepted");
        } else if (starts_with(r, "<?")) {
            ok = take_until(r, "?>", "a declaration", NULL);
        } else if (starts_with(r, "</")) {
            ok = read_end_tag(r);
        } else if (*r->at == '<') {
            if (r->depth == 0 && had_root)
                return fail_at(r, r->line, "a second root element, one accepted");
            had_root = true;
            ok = read_start_tag(r);
        } else if (r->depth == 0 && !is_space(*r->at)) {
            ok = fail_at(r, r->line, "text outside the root element");
        } else {
            advance(r, 1); /* text of an element that is not ours */
        }
        if (!ok)
            return false;
    }
    if (!had_root)
        return fail_at(r, r->line, "no element, one root element accepted");
    if (r->depth > 0)
        return fail_at(r, r->line, "the file ends before </%.*s>",
                       shown(r->open[r->depth - 1]), r->open[r->depth - 1].start);
    return true;
}

/* Whether a PAC is to be taken from who has a certificate of the CA. */
static bool is_provisioned_by_ca(const struct settings *settings)
{
    return settings->mode == SETTINGS_MODE_FAST &&
           (settings->provision_mode == SETTINGS_PROVISION_AUTHENTICATED ||
            settings->provision_mode == SETTINGS_PROVISION_BOTH);
}

/* A PAC in the place of the certificate, or nothing at all, if that was asked for. */
static bool goes_without_ca(const struct settings *settings)
{
    return settings->mode == SETTINGS_MODE_FAST &&
           (settings->pac_file[0] != '\0' ||
            settings->provision_mode == SETTINGS_PROVISION_ANONYMOUS);
}

/* EAP-TLS is certificates on both sides; a tunnel has the network's. */
static bool check_certificates(struct reader *r)
{
    const struct settings *settings = r->settings;
    if (settings->mode == SETTINGS_MODE_DISABLED)
        return true;
    const struct settings_mode *mode = &settings_modes[settings->mode - 1];
    bool is_tls = settings->mode == SETTINGS_MODE_TLS;
    if (!is_tls && mode->inner_method == 0 && settings->mode != SETTINGS_MODE_FAST)
        return true;
    unsigned line = find_parameter(r, (struct span){"P8626", 5})->line;
    if (settings->ca_certificate_url[0] == '\0' && is_provisioned_by_ca(settings))
        return fail_at(r, line, "P20987: empty, network.802_1x.eap_fast_provision_mode %u needs "
                       "the CA certificate of the network", settings->provision_mode - 1);
    if (settings->ca_certificate_url[0] == '\0' && !goes_without_ca(settings))
        return fail_at(r, line, "P20987: empty, mode %u (%s) needs the CA certificate of the "
                       "network%s", mode->number, mode->name,
                       settings->mode == SETTINGS_MODE_FAST ? ", or a PAC file" : "");
    if (is_tls && settings->device_certificate_url[0] == '\0')
        return fail_at(r, line, "P20988: empty, mode %u (%s) needs the phone's certificate, with "
                       "its key in the same file", mode->number, mode->name);
    return true;
}

bool settings_parse(struct settings *settings, const char *text, size_t len, const char *name,
                    struct settings_error *error)
{
    struct reader reader = {
        .name = name,
        .at = text,
        .end = text + len,
        .line = 1,
        .settings = settings,
        .error = error,
        .parameters = {
            {"P8626", NULL, &settings->mode, SETTINGS_MODE_MAX, 0},
            {"P8627", settings->identity, NULL, SETTINGS_TEXT_MAX, 0},
            {"network.802_1x.anonymous_identity", settings->anonymous_identity, NULL,
             SETTINGS_TEXT_MAX, 0},
            {"P8628", settings->password, NULL, SETTINGS_TEXT_MAX, 0},
            {"P20987", settings->ca_certificate_url, NULL, SETTINGS_URL_MAX, 0},
            {"P20988", settings->device_certificate_url, NULL, SETTINGS_URL_MAX, 0},
            {"network.802_1x.eap_fast_provision_mode", NULL, &settings->provision_mode,
             SETTINGS_PROVISION_MAX, 0},
            {"network.802_1x.eap_fast_pac_file", settings->pac_file, NULL, SETTINGS_URL_MAX, 0},
        },
    };
    memset(settings, 0, sizeof *settings);
    if (len > SETTINGS_FILE_MAX)
        fail_at(&reader, 1, "more than %d octets given, at most %d accepted", SETTINGS_FILE_MAX,
                SETTINGS_FILE_MAX);
    else if (read_document(&reader) && check_certificates(&reader))
        return true;
    explicit_bzero(settings, sizeof *settings);
    return false;
}

bool settings_read(struct settings *settings, const char *path, struct settings_error *error)
{
    struct file file;
    bool ok = false;
    memset(settings, 0, sizeof *settings);
    /* One octet more than accepted shows that a file is too long. */
    if (file_read(&file, path, SETTINGS_FILE_MAX + 1))
        ok = settings_parse(settings, file.octets, file.len, path, error);
    else
        snprintf(error->text, sizeof error->text, "%.255s: %s", path, strerror(errno));
    file_wipe(&file);
    return ok;
}
