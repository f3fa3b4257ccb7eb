// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * AES-GCM for ESP (RFC 4106), and what it is done over: IV, additional data and
 * trailer.
 */
#include <crypto/aead.h>
#include <crypto/internal/simd.h>
#include <linux/scatterlist.h>
#include <asm/simd.h>

#include "nicsim.h"

#define ESN_AAD_LEN	(12 + NICSIM_IV_LEN)
#define AAD_LEN		(8 + NICSIM_IV_LEN)

/* What one cipher operation needs; the request's own context follows it */
struct cipher_job {
	struct scatterlist sg[2];
	u8 aad[ESN_AAD_LEN];
	u8 iv[NICSIM_IV_LEN];
	struct aead_request req;
};

/*
 * One AES-GCM operation over the text behind the ESP header. For open, len
 * includes the ICV; for seal, room for it follows the text.
 */
int nicsim_cipher(struct nicsim_sa *sa, struct ip_esp_hdr *esp, u64 seq,
		  bool seal, u32 len)
{
	struct crypto_aead *tfm = sa->aead_simd && crypto_simd_usable() ?
				  sa->aead_simd : sa->aead;
	struct cipher_job *job;
	__be32 *aad;
	u32 aad_len;
	int err;

	job = kmalloc(sizeof(*job) + crypto_aead_reqsize(tfm), GFP_ATOMIC);
	if (!job)
		return -ENOMEM;
	aad = (__be32 *)job->aad;
	*aad++ = esp->spi;
	if (sa->esn)
		*aad++ = htonl(upper_32_bits(seq));
	*aad++ = esp->seq_no;
	memcpy(aad, esp->enc_data, NICSIM_IV_LEN);
	memcpy(job->iv, esp->enc_data, NICSIM_IV_LEN);
	aad_len = sa->esn ? ESN_AAD_LEN : AAD_LEN;

	sg_init_table(job->sg, 2);
	sg_set_buf(&job->sg[0], job->aad, aad_len);
	sg_set_buf(&job->sg[1], esp->enc_data + NICSIM_IV_LEN,
		   len + (seal ? NICSIM_ICV_LEN : 0));
	aead_request_set_tfm(&job->req, tfm);
	aead_request_set_callback(&job->req, 0, NULL, NULL);
	aead_request_set_ad(&job->req, aad_len);
	aead_request_set_crypt(&job->req, job->sg, job->sg, len, job->iv);
	err = seal ? crypto_aead_encrypt(&job->req) :
		     crypto_aead_decrypt(&job->req);
	kfree_sensitive(job);
	return err;
}

/* The IV is the sequence number: unique for as long as that is */
void nicsim_cipher_iv(struct ip_esp_hdr *esp, u64 seq)
{
	__be64 iv = cpu_to_be64(seq);

	memcpy(esp->enc_data, &iv, sizeof(iv));
}

/* Padding as RFC 4303, 2.4, counts it: 1, 2, 3, then its length */
void nicsim_cipher_trailer(u8 *at, u32 pad, u8 proto)
{
	u32 i;

	for (i = 0; i < pad; i++)
		*at++ = i + 1;
	*at++ = pad;
	*at = proto;
}
